"""The signed summary of a year record, small enough for the QR of a print: payload, signature, and its digits."""
