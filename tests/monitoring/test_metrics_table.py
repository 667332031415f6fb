"""The table of metrics in docs/operations.md is what a live /metrics shows: each name, its type and its labels."""

from prometheus_client.parser import text_string_to_metric_families
from support import Client, Stack, eventually

import api.chat_model  # noqa: F401 - loaded where there is a language model only
from cli.metrics_table import Metric, documented

# Of the interpreter and the operating system.
OTHERS = ("python_", "process_")
# Labels that every sample of a histogram has of its own.
OF_BUCKETS = {"le"}


async def shown(client: Client) -> dict[str, Metric]:
    text = (await client.http.get("/metrics")).text
    found: dict[str, Metric] = {}
    for family in text_string_to_metric_families(text):
        if family.name.startswith(OTHERS) or family.name.endswith("_created"):
            continue
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels} - OF_BUCKETS
        found[name] = Metric(name, family.type, frozenset(labels))
    return found


async def test_the_table_has_what_is_exported_and_nothing_else(user: Client, stack: Stack) -> None:
    await user.create_task()
    await stack.settled(user)
    found = await shown(user)
    assert {(name, each.kind) for name, each in found.items()} == {(each.name, each.kind) for each in documented()}


async def test_the_labels_are_those_of_the_table(user: Client, stack: Stack) -> None:
    await user.create_task()
    await stack.settled(user)
    found, table = await shown(user), {each.name: each.labels for each in documented()}
    labelled = {name: each.labels for name, each in found.items() if each.labels}
    # What has not happened in this process has no samples yet.
    assert len(labelled) >= 15
    assert {name: table[name] for name in labelled} == labelled


async def test_a_consumer_is_there_with_0_before_its_first_event(stack: Stack) -> None:
    await eventually(lambda: answers(stack), what="the rows are looked at")
    text = (await stack.anonymous().http.get("/metrics")).text
    for line in (
        'tickler_dead_letters_total{consumer="recurrence"} 0.0',
        'tickler_dead_letters_open{consumer="relay"} 0.0',
        'tickler_loop_failures_total{loop="janitor"} 0.0',
        'tickler_dependency_up{dependency="kafka"} 1.0',
        'tickler_dependency_up{dependency="postgresql"} 1.0',
    ):
        assert line in text


async def answers(stack: Stack) -> bool:
    return 'dependency="postgresql"' in (await stack.anonymous().http.get("/metrics")).text
