"""A benchmark from the client's side: its processes, its protocol, its report."""
