"""Domain errors of the portal; they know no HTTP. Each has a closed code, which presenters turn into words."""

from enum import StrEnum


class Problem(StrEnum):
    """What went wrong with a request that was understood."""

    NOT_FOUND = "not_found"
    UNKNOWN_UNIT = "unknown_unit"
    UNIT_EXISTS = "unit_exists"
    ACCOUNT_EXISTS = "account_exists"
    UNKNOWN_PACKET = "unknown_packet"
    BAD_SCHOOL_YEAR = "bad_school_year"
    NOT_DEMO = "not_demo"
    NOT_INITIALISED = "not_initialised"
    ALREADY_INITIALISED = "already_initialised"
    WRONG_STATE = "wrong_state"
    NOTHING_TO_DO = "nothing_to_do"
    PACKET_CHANGED = "packet_changed"
    PACKET_MIXED = "packet_mixed"
    ALREADY_SIGNED = "already_signed"
    SIGN_IN_FAILED = "sign_in_failed"
    NOT_LOCKED = "not_locked"
    BUSY = "busy"
    CHILD_DIED = "child_died"
    KEY_MISSING = "key_missing"
    BAD_ADDRESS = "bad_address"
    TRUST_UNREADABLE = "trust_unreadable"
    LIMITS_NOT_SHARED = "limits_not_shared"
    STORE_DAMAGED = "store_damaged"
    NOT_ALLOWED = "not_allowed"
    ROWS_FAULTY = "rows_faulty"
    NOT_SIGNED = "not_signed"
    CERTIFICATE_REFUSED = "certificate_refused"
    WRONG_ROLE = "wrong_role"
    KEY_REGISTERED = "key_registered"
    KEY_ENDED = "key_ended"
    KEY_PERIOD_OVER = "key_period_over"
    PROPOSAL_WAITS = "proposal_waits"
    PROPOSAL_CLOSED = "proposal_closed"
    UPLOADS_FULL = "uploads_full"
    API_KEY_MISSING = "api_key_missing"
    API_KEY_UNKNOWN = "api_key_unknown"
    API_KEY_EXPIRED = "api_key_expired"
    API_KEY_REVOKED = "api_key_revoked"
    API_SCOPE_MISSING = "api_scope_missing"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"


class PortalError(Exception):
    """Base of all refusals of services. detail: small values for the sentence, no personal data."""

    def __init__(self, problem: Problem, **detail: str) -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.detail = detail


class NotFound(PortalError):
    """Unknown, withdrawn and forbidden alike: who may not see must not tell them apart (design §6)."""

    def __init__(self) -> None:
        super().__init__(Problem.NOT_FOUND)


class Refused(PortalError):
    """Understood and refused, with a problem that the person can mend."""


class Fault(PortalError):
    """Our own failure; never told as a fault of a document or a person."""
