"""A witness of transparency logs, a program of its own (`hocba witness`, `hocba-witness`): own key, own folder.

For the ministry, a data centre, a university: it needs nothing of the portal, neither database nor settings, and
imports nothing of it. The rules are `verify.log.witness`; here is what keeps state, and what answers.
"""
