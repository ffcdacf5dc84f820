"""Tables, constraints and tiny properties: plain SQLAlchemy."""

from portal.models.accounts import Account, AppointmentRow, WebSession
from portal.models.api_keys import ApiKey, KeptAnswer
from portal.models.audit import AccessEvent, CardCount, ComparedFile
from portal.models.base import Base
from portal.models.jobs import Job, JobKind, JobMessage, JobState
from portal.models.key_proposals import KeyProposal, ProposalKind, ProposalState
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
from portal.models.uploads import Upload, UploadState

__all__ = [
    "AccessEvent",
    "Account",
    "ApiKey",
    "AppointmentRow",
    "Base",
    "Blob",
    "CardCount",
    "ComparedFile",
    "Job",
    "JobKind",
    "JobMessage",
    "JobState",
    "KeptAnswer",
    "KeyAuthorisation",
    "KeyProposal",
    "LogCheckpoint",
    "LogEntry",
    "LogHead",
    "LogOpening",
    "LogTile",
    "Packet",
    "Print",
    "ProposalKind",
    "ProposalState",
    "RecordSignature",
    "RecordVersion",
    "State",
    "StateChange",
    "Transcript",
    "Unit",
    "UnitKind",
    "Upload",
    "UploadState",
    "WebSession",
    "YearRecordRow",
]
