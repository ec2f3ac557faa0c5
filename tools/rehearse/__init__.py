"""make rehearse: a program file tried out before it is put in force, without any stack."""
