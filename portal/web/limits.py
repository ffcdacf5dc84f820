"""How often: found cards generously, misses, sign-ins and uploads strictly; counted for a network, not an address.

A found card costs exactly one count. A miss counts a second time, under its own, strict limit; a network that used it
up still gets the records that it has codes for, so nobody shuts out a school behind the same address.

Counts live in Flask-Limiter's storage. When that is gone (Redis down), each process counts in its own memory and
tries the storage again after a while: a limit that is too generous for a minute beats a portal that is closed. An
alarm says so (`portal.web.watch`), and misses stay limited in every process.
"""

import math
import time
from dataclasses import dataclass
from typing import Final

import structlog
from flask import Flask, current_app
from limits import RateLimitItem, parse_many
from limits.errors import StorageError
from limits.strategies import FixedWindowRateLimiter, RateLimiter

from portal.extensions import limiter
from portal.identity import Identity
from portal.settings import Settings
from portal.web import memory, network
from portal.web.memory import ProcessMemory
from portal.web.runtime import runtime

_NAME: Final = "hocba.limits"
_RETRY_STORAGE_SECONDS: Final = 10.0
_STORAGE_SECONDS: Final = 0.5


def storage_options(uri: str) -> dict[str, float | bool]:
    """Options for Flask-Limiter's storage: errors under one name, and a dead server found out at once."""
    options: dict[str, float | bool] = {"wrap_exceptions": True}
    if uri.startswith("redis"):
        options |= {"socket_connect_timeout": _STORAGE_SECONDS, "socket_timeout": _STORAGE_SECONDS}
    return options


class TooMany(Exception):
    """A limit is used up. seconds: after how many it is worth coming back."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"come back in {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be spent. name: separates the counts. items: all of them must allow."""

    name: str
    items: tuple[RateLimitItem, ...]


class Counters:
    """The counts, shared by all processes where the storage is, with a memory of its own for when it is gone."""

    def __init__(self, shared: RateLimiter) -> None:
        self._shared = shared
        self._own = FixedWindowRateLimiter(ProcessMemory())
        self._retry_at = 0.0

    @property
    def lost(self) -> bool:
        """Whether the shared storage did not answer a moment ago, and this process counts for itself."""
        return time.monotonic() < self._retry_at

    def spend(self, allowance: Allowance, who: str) -> None:
        """Count one; raises TooMany when that was one too many."""
        for item in allowance.items:
            if not self._ask("hit", item, allowance.name, who):
                raise TooMany(self._wait(item, allowance.name, who))

    def require(self, allowance: Allowance, who: str) -> None:
        """Raise TooMany when nothing is left; counts nothing."""
        for item in allowance.items:
            if not self._ask("test", item, allowance.name, who):
                raise TooMany(self._wait(item, allowance.name, who))

    def _ask(self, what: str, item: RateLimitItem, name: str, who: str) -> bool:
        if time.monotonic() >= self._retry_at:
            try:
                return bool(getattr(self._shared, what)(item, name, who))
            except StorageError as error:
                self._lose_storage(error)
        return bool(getattr(self._own, what)(item, name, who))

    def _wait(self, item: RateLimitItem, name: str, who: str) -> int:
        counting = self._own if time.monotonic() < self._retry_at else self._shared
        try:
            ends = counting.get_window_stats(item, name, who).reset_time
        except StorageError as error:
            self._lose_storage(error)
            return item.get_expiry()
        return max(1, min(math.ceil(ends - time.time()), item.get_expiry()))

    def _lose_storage(self, error: StorageError) -> None:
        self._retry_at = time.monotonic() + _RETRY_STORAGE_SECONDS
        structlog.get_logger().error("limits.storage_lost", error=type(error.__cause__ or error).__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """The allowances of this instance with their counters."""

    counters: Counters
    hits: Allowance
    misses: Allowance
    second_step: Allowance
    account_misses: Allowance
    school_misses: Allowance
    guessing: Allowance
    checks: Allowance
    batches: Allowance
    sign_in_network: Allowance
    sign_in_account: Allowance
    codes: Allowance
    api_network: Allowance
    api_refusals: Allowance
    api_key: Allowance
    api_files: Allowance
    api_misses: Allowance


def limits_of(settings: Settings, counters: Counters) -> Limits:
    """The allowances that the settings name; raises ValueError for a text that is no limit."""

    def allowance(name: str, text: str) -> Allowance:
        return Allowance(name, tuple(parse_many(text)))

    return Limits(
        counters=counters,
        hits=allowance("hits", settings.hits_limit),
        misses=allowance("misses", settings.misses_limit),
        second_step=allowance("second-step", settings.second_step_limit),
        account_misses=allowance("account-misses", settings.misses_limit),
        school_misses=allowance("school-misses", settings.school_misses_limit),
        guessing=allowance("guessing", settings.guessing_limit),
        checks=allowance("checks", settings.checks_limit),
        batches=allowance("batches", settings.batches_limit),
        sign_in_network=allowance("sign-in-network", settings.sign_in_limit),
        sign_in_account=allowance("sign-in-account", settings.sign_in_limit),
        codes=allowance("codes", settings.codes_limit),
        api_network=allowance("api-network", settings.api_network_limit),
        api_refusals=allowance("api-refusals", settings.sign_in_limit),
        api_key=allowance("api-key", settings.api_limit),
        api_files=allowance("api-files", settings.api_files_limit),
        api_misses=allowance("api-misses", settings.misses_limit),
    )


def register(app: Flask) -> None:
    """Read the allowances; a mistake in the settings stops the start."""
    with app.app_context():
        settings = runtime().settings
    app.extensions[_NAME] = limits_of(settings, Counters(_strategy(settings.limits_storage)))


def _strategy(uri: str) -> RateLimiter:
    """Flask-Limiter's way of counting in this storage.

    Its own steps before and after each request cost more than the whole lookup (design §10) and no route carries its
    decorator, so they are bound to an application that answers nobody.
    """
    counting = Flask("hocba-limits")
    if uri.startswith("memory:"):
        uri = f"{memory.SCHEME}://"
    counting.config.update(RATELIMIT_STORAGE_URI=uri, RATELIMIT_STORAGE_OPTIONS=storage_options(uri))
    limiter.init_app(counting)
    return limiter.limiter


def limits() -> Limits:
    """The limits of the current application."""
    found: Limits = current_app.extensions[_NAME]
    return found


def spend_hit() -> None:
    """One look at a card by this network."""
    held = limits()
    held.counters.spend(held.hits, network.counted())


def spend_miss() -> None:
    """One look that found nothing."""
    held = limits()
    held.counters.spend(held.misses, network.counted())


def require_second_step(code: str) -> None:
    """Raise TooMany when too many wrong birth dates were tried with this record today, from wherever."""
    held = limits()
    held.counters.require(held.second_step, code)


def spend_second_step(code: str) -> None:
    """One wrong birth date."""
    held = limits()
    held.counters.spend(held.second_step, code)


def spend_check() -> None:
    """One file to be opened."""
    held = limits()
    held.counters.spend(held.checks, network.counted())


def spend_api_network() -> None:
    """One request of software in this network, whoever's."""
    held = limits()
    held.counters.spend(held.api_network, network.counted())


def spend_api_refusal() -> None:
    """One request without a good key."""
    held = limits()
    held.counters.spend(held.api_refusals, network.counted())


def spend_api_key(key_id: str) -> None:
    """One request with this key."""
    held = limits()
    held.counters.spend(held.api_key, key_id)


def spend_api_file(key_id: str) -> None:
    """One file to be opened for this key: a vendor's server sends those of many schools from one address."""
    held = limits()
    held.counters.spend(held.api_files, key_id)


def spend_api_miss(key_id: str) -> None:
    """One look with this key at what does not exist or belongs to others."""
    held = limits()
    held.counters.spend(held.api_misses, key_id)


def spend_inside_miss(identity: Identity) -> None:
    """One look by a signed-in person at what does not exist or belongs to others.

    Counted for the person and for the units that the person works in, never for the address: colleagues behind the
    same one go on, and many accounts of one school are no way around the limit.
    """
    held = limits()
    for unit in sorted({each.unit_code for each in identity.appointments}):
        held.counters.spend(held.school_misses, unit)
    held.counters.spend(held.account_misses, str(identity.account_id))
