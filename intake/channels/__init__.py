"""Ways to reach people, one module each. :mod:`intake.channels.channel` says what one must do."""
