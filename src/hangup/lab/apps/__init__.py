"""Small applications with one behaviour each, for every server that the lab can start."""
