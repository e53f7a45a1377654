"""What the window computes from the values of an output: numpy alone, no Qt.

Nothing here is imported before values are to be read, and then by the thread that reads them: importing numpy takes
a fifth of a second. Everything goes through the arrays in blocks that stay in the processor's cache, on two threads
(numpy lets go of the interpreter's lock), straight from the memory-mapped files: an output of a gigabyte needs no
more memory than a small one.
"""
