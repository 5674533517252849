"""Programs that measure the promised figures; `make bench` runs them all. Method and results: docs/performance.md."""
