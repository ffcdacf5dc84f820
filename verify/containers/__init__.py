"""Containers: how signatures stand beside the bytes of a record. One module a format; each signs and examines.

`jcs_cades`: RFC 8785 JSON with one detached CAdES signature for each role. `xmldsig`: XML of school software, which
holds its chain of signatures. `roots` reads stored bytes of either.
"""
