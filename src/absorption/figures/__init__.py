"""The forms of pictures; numbers and matplotlib only."""
