"""Opening strangers' files in a service of its own: no network, no keys, no database, a Unix socket to the portal."""
