"""Tables: files and data frames of columns of any kind, and what makes numbers of them."""
