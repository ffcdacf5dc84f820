"""The one border at which errors of signature libraries are translated.

pyHanko, asn1crypto, the path validator and `cryptography` raise anything on malformed input: ValueError, KeyError,
TypeError, AttributeError, AssertionError, UnicodeDecodeError, OverflowError, RecursionError, even warnings turned
into errors. A caller of the core sees only VerifyError.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from verify.errors import LimitExceeded, MalformedRecord, Refusal, VerifyError


@contextmanager
def translated(refusal: Refusal) -> Iterator[None]:
    """Turn every foreign error inside into MalformedRecord(refusal), or LimitExceeded if it asked for too much.

    The detail names the kind of the foreign error only: its text may quote the document.
    """
    try:
        yield
    except VerifyError:
        raise
    except (RecursionError, MemoryError) as error:
        raise LimitExceeded(Refusal.TOO_MUCH_WORK, type(error).__name__) from error
    except Exception as error:
        raise MalformedRecord(refusal, type(error).__name__) from error
