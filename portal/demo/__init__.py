"""Invented people and schools, a demo certificate authority, demo classes: all marked "dữ liệu mẫu"."""
