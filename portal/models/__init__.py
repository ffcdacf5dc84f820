"""Tables, constraints and tiny properties: plain SQLAlchemy."""

from portal.models.accounts import Account, AppointmentRow, WebSession
from portal.models.audit import AccessEvent, CardCount, ComparedFile
from portal.models.base import Base
from portal.models.log import LogCheckpoint, LogEntry, LogHead, LogOpening, LogTile
from portal.models.organisation import Unit, UnitKind
from portal.models.records import (
    Blob,
    Packet,
    Print,
    RecordSignature,
    RecordVersion,
    State,
    StateChange,
    Transcript,
    YearRecordRow,
)
from portal.models.registry import KeyAuthorisation

__all__ = [
    "AccessEvent",
    "Account",
    "AppointmentRow",
    "Base",
    "Blob",
    "CardCount",
    "ComparedFile",
    "KeyAuthorisation",
    "LogCheckpoint",
    "LogEntry",
    "LogHead",
    "LogOpening",
    "LogTile",
    "Packet",
    "Print",
    "RecordSignature",
    "RecordVersion",
    "State",
    "StateChange",
    "Transcript",
    "Unit",
    "UnitKind",
    "WebSession",
    "YearRecordRow",
]
