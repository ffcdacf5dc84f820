"""A true description of other people's PDFs: who signed, whether that holds, and that it is no file of this system."""

from typing import Final

from portal.presenters import reasons
from portal.presenters.language import mark, say
from verify.verdict import ABOUT_THE_FILE, Conclusion, Question, Reason, Status, Verdict

_HOLDS: Final = mark(
    "Tệp có chữ ký số còn nguyên vẹn, nhưng không phải chữ ký của Sở: đây không phải tệp học bạ do hệ thống này cấp."
)
_BROKEN: Final = mark("Tệp có chữ ký số, nhưng không phải của Sở và cũng không còn đúng.")
_OF_THE_DEPARTMENT: Final = mark("Tệp mang chữ ký số của Sở, nhưng không ứng với học bạ nào đã chốt.")
_INTACT: Final = (Question.DIGEST_INTACT, Question.SIGNATURE_VALUE, Question.WHOLE_FILE_COVERED)


def foreign_words(conclusion: Conclusion) -> tuple[str, ...]:
    """What is said of the signatures of a file that is no record of ours; nothing where it carries none."""
    held = {check.question: check for check in conclusion.checks}
    found = held[Question.SIGNATURE_FOUND]
    if conclusion.verdict is not Verdict.NOT_FOUND or found.reason in (Reason.NO_SIGNATURE, Reason.NOT_ASKED):
        return ()
    if all(held[question].status is Status.PASSED for question in ABOUT_THE_FILE):
        return (say(_OF_THE_DEPARTMENT),)
    if found.reason is not Reason.NOT_OUR_SIGNATURE:
        return (reasons.what(found),)
    intact = all(held[question].status is Status.PASSED for question in _INTACT)
    trusted = held[Question.TRUSTED_PATH]
    names = reasons.particulars(trusted) or reasons.particulars(found)
    return (say(_HOLDS if intact else _BROKEN), *names, reasons.what(trusted))
