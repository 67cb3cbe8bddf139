def add(commands, name, summary): commands.add_parser(name, help=summary)
