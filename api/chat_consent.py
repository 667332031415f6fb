"""Whether a message is a plain yes or a plain no, in English or German: the whole message, or it is neither."""

import re
from typing import Final

_PUNCTUATION: Final = re.compile(r"[\s.,!?…;:\"'\u2019“”()\U0001F300-\U0001FAFF\u2600-\u27BF\uFE0F]+")
_ALL = r"( (all|both|them|it|that|these|those|alle|beide|sie|es|das|all of (them|it)))?"
_YES: Final = re.compile(
    r"(yes|y|yep|yeah|yup|sure|ok|okay|k|confirm|confirmed|agreed|correct|absolutely|of course|please|"
    r"ja|jawohl|jo|klar|gerne?|genau|einverstanden|bestätigt|bestätige|natürlich)"
    r"( (please|sure|ok|okay|bitte|gerne?|thanks|thank you|danke))?"
    r"( (do|delete|remove|complete|finish|change|update|go ahead|do so|mach|lösche?|erledige|ändere)" + _ALL + r")?"
    r"( (please|bitte|aus|thanks|danke))?"
    r"|(please )?(do it|do that|do so|go ahead|go on|proceed|make it so)( please)?"
    r"|(bitte )?(mach das|mach es|mach mal|los|weiter)( bitte)?"
)
_NO: Final = re.compile(
    r"(no|n|nope|nah|cancel|stop|abort|never mind|nevermind|forget it|leave it|leave them|nein|ne|nee|nö|"
    r"abbrechen|abbruch|stopp|lass es|lass das|vergiss es|lieber nicht|bitte nicht|auf keinen fall)"
    r"( (thanks|thank you|please|danke|bitte|don ?t|do not|keep them|keep it|cancel|stop|lass es|nicht))?"
    r"|(please )?(don ?t|do not)( (do|delete|remove|complete|change|update))?" + _ALL + r"( please)?"
)


def consent(text: str) -> bool | None:
    """True for a plain yes, False for a plain no, None for anything else."""
    plain = _PUNCTUATION.sub(" ", text.casefold()).strip()
    if _NO.fullmatch(plain):
        return False
    return True if _YES.fullmatch(plain) else None
