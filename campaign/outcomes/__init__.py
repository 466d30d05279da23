"""The list joined with what happened: frames, files, the summary and what a notebook shows."""
