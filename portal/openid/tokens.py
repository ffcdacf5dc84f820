"""What an ID token proves: signed by a key of the issuer, for us, in answer to this request (OpenID Core §3.1.3.7)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from portal.openid.calls import ProviderFailed, Trouble

# Signatures by a private key: neither none, nor one that who knows the client's secret could make.
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
_LEEWAY_SECONDS: Final = 60
_CLAIM_CHARACTERS: Final = 200


def keys_of(jwks: Mapping[str, object]) -> KeySet:
    """The issuer's keys; raises ProviderFailed(NOT_UNDERSTOOD)."""
    try:
        return KeySet.import_key_set({"keys": _listed(jwks)})
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise ProviderFailed(Trouble.NOT_UNDERSTOOD, type(error).__name__) from error


def subject_of(token: str, keys: KeySet, issuer: str, client_id: str, nonce: str, claim: str, now: datetime) -> str:
    """The claim that names the person. Raises ProviderFailed(TOKEN) for whatever is not proved."""
    try:
        decoded = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
        wanted: dict[str, Any] = {
            "iss": {"essential": True, "value": issuer},
            "aud": {"essential": True, "value": client_id},
        }
        proved = CodeIDToken(
            decoded.claims, decoded.header, options=wanted, params={"nonce": nonce, "client_id": client_id}
        )
        proved.validate(now=int(now.timestamp()), leeway=_LEEWAY_SECONDS)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ProviderFailed(Trouble.TOKEN, type(error).__name__) from error
    named = proved.get(claim)
    if not isinstance(named, str) or not 0 < len(named) <= _CLAIM_CHARACTERS:
        raise ProviderFailed(Trouble.TOKEN, "claim")
    return named


def _listed(jwks: Mapping[str, object]) -> list[Any]:
    """Public keys for signatures."""
    keys = jwks.get("keys")
    if not isinstance(keys, list):
        raise ProviderFailed(Trouble.NOT_UNDERSTOOD)
    return [
        each
        for each in keys
        if isinstance(each, dict) and each.get("use", "sig") == "sig" and each.get("kty") in ("RSA", "EC", "OKP")
    ]
