"""Dispatch (分流): who gets a case, by rules that people write, and what belongs together.

``rules`` is the rule list and ``rule_text`` its YAML; ``dispatcher`` decides a filing by the newest
set of ``rule_sets``. ``grids`` and ``places`` know the ground. ``families`` are parent and child
cases, ``similar`` and ``candidates`` find the same matter, ``joining`` puts it together, and
``corrections`` keeps what the rules and the classifier got wrong.
"""
