"""Use cases: verbs. Each takes session, identity and now; one transaction each; none commits or knows Flask."""
