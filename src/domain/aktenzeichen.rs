//! File numbers: written and read by a configured grammar, sorted by their parsed parts.
