"""The schema's history, one step a file. A released step is never edited; a new one is added."""
