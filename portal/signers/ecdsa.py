"""The two spellings of an ECDSA signature."""

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature


def ecdsa_der(raw: bytes) -> bytes:
    """ECDSA-Sig-Value (DER, RFC 3279 §2.2.3) of the fixed-length r‖s that tokens and some providers give."""
    half = len(raw) // 2
    return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
