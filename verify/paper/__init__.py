"""Paper: reading what stands on a print or a photo of one. Images are a stranger's bytes, opened within limits.

Reading order: `opening`, `qr` (what a picture is, which record it names); `landmarks`, `pages` (what is expected);
`fields`, `mapping`, `lighting` (tools), `finding`, `refining`, `quality`, `rectifying` (a photo becomes a flat page);
`expected`, `windows`, `specimens`, `copying` and all others (each cell is read among its legal values), `cells`.
"""
