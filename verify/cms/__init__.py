"""CMS signatures (RFC 5652) in the CAdES and PAdES profiles, the one format under records and PDF seals.

In reading order: `foreign` (the border at which other libraries' errors end), `certificates` (names, dates, use),
`times` (is the claimed time possible?), `paths` (is the certificate trusted and not revoked?), `writing` (the only
writer), `own_layout` (what it wrote, read back), `reading` (the only reader).
"""
