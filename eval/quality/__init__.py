"""How good the answers are: question sets asked, figures counted, compared, held against the gate."""
