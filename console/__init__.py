"""Pages for the people who handle appeals; they reach the intake service over HTTP only."""
