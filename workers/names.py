"""The workers by their names, without what they need: for whoever only has to know which there are."""

from domain.events import CONSUMERS

LOOPS = ("relay", "scheduler", "reconciler", "janitor")
NAMES = (*LOOPS, *CONSUMERS)
