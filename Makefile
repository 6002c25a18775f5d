# 诉求通：make run 启动全部服务，make test 跑全部检查。

.PHONY: run test lint types unit format train chat clean

run:
	@scripts/environment run
	@.venv/bin/suqiu up

test:
	@scripts/environment test
	@$(MAKE) --no-print-directory lint types unit

lint:
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types:
	.venv/bin/mypy

unit:
	.venv/bin/pytest -q

format:
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

train:
	@scripts/environment run
	@.venv/bin/suqiu train

chat:
	@.venv/bin/suqiu chat

clean:
	rm -rf .venv .tools .rasa .mypy_cache .ruff_cache .pytest_cache .hypothesis
