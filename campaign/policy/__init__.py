"""Pure verdicts: no clock, no randomness, no I/O, no logging; `now` and `u` are arguments."""
