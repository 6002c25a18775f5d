"""The trainer's side: the examples, what is wrong with them, and what a model makes of them."""
