"""The latencies of a benchmark as charts and figures."""
