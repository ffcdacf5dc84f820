"""Signing in with an OpenID provider that the instance names: the authorization code flow with PKCE (decision 0042).

Knows no web framework and no database. Only the configured issuer is ever asked; nothing that a visitor or a token
says leads to another address.
"""
