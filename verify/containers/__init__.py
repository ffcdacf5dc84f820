"""Containers: how signatures stand beside the bytes of a record. One module a format; each signs and examines.

`jcs_cades`: RFC 8785 JSON with one detached CAdES signature for each role.
"""
