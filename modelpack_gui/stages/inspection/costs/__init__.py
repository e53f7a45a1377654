"""What a graph costs, with the packages of the interpreter: shapes at chosen sizes, then the count."""
