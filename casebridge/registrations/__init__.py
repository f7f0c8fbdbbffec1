"""Cases that come another way than by the line: in person, by post, e-mail, fax, web, on provincial trips."""
