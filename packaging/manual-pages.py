#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a manual page for every command of a program, from what ArgumentParser tells of them.

    PROGRAM --experimental-dump-help | manual-pages.py VERSION EPOCH FOLDER

One page a command, named as `man virt-balloon diagnose` looks for it: virt-balloon-diagnose.1.
"""

import json
import os
import re
import sys
import time

EXIT_STATUS = 'Exit status: '


def escaped(text):
    """Text as roff prints it: a hyphen as it is typed, no escapes, and no line that would be a request."""
    text = text.replace('\\', '\\e').replace('-', '\\-').replace('`', '\\(ga').replace("'", '\\(aq')
    return re.sub(r'^([.\'])', r'\\&\1', text, flags=re.MULTILINE)


def quoted(text):
    return '"' + escaped(text).replace('"', '\\(dq') + '"'


def paragraphs(text):
    return [' '.join(part.split()) for part in re.split(r'\n\s*\n', text or '') if part.strip()]


def shown(items):
    return [item for item in items or [] if item.get('shouldDisplay', True)]


def names(argument):
    """`-c, --connect`, each in bold."""
    dashes = {'long': '--', 'short': '-', 'longWithSingleDash': '-'}
    return ', '.join('\\fB' + escaped(dashes[name['kind']] + name['name']) + '\\fR' for name in argument['names'])


def value(argument):
    return '\\fI' + escaped(argument['valueName']) + '\\fR'


def positional(argument):
    text = value(argument) + ('...' if argument['isRepeating'] else '')
    return f'[{text}]' if argument['isOptional'] else text


def explanation(argument):
    parts = paragraphs(argument.get('abstract')) + paragraphs(argument.get('discussion'))
    notes = []
    if argument.get('allValues'):
        notes.append('One of ' + ', '.join(argument['allValues']) + '.')
    if argument.get('defaultValue'):
        notes.append(f'Default: {argument["defaultValue"]}.')
    if argument['isRepeating'] and argument['kind'] == 'option':
        notes.append('May be given several times.')
    return '\n.IP\n'.join(escaped(part) for part in parts[:-1] + [' '.join(parts[-1:] + notes)])


def page(command, path, pages, version, date):
    """The page of `command`, the words `path` on the command line; `pages` are the names of all pages."""
    words, name = ' '.join(path), '-'.join(path)
    arguments = shown(command.get('arguments'))
    positionals = [item for item in arguments if item['kind'] == 'positional']
    options = [item for item in arguments if item['kind'] != 'positional']
    subcommands = [item for item in shown(command.get('subcommands')) if item['commandName'] != 'help']
    text = paragraphs(command.get('discussion'))
    status = [part[len(EXIT_STATUS):] for part in text if part.startswith(EXIT_STATUS)]
    text = [part for part in text if not part.startswith(EXIT_STATUS)]
    abstract = ' '.join(command.get('abstract', '').split())

    lines = [
        f'.TH {quoted(name.upper())} 1 "{date}" {quoted(path[0] + " " + version)} {quoted(path[0] + " manual")}',
        '.SH NAME', f'{escaped(name)} \\- {escaped(abstract[:1].lower() + abstract[1:].rstrip("."))}',
        '.SH SYNOPSIS', f'.B {escaped(words)}',
        ' '.join((['[\\fIoption\\fR...]'] if options else []) + (['\\fIcommand\\fR'] if subcommands else [])
                 + [positional(item) for item in positionals]),
        '.SH DESCRIPTION', escaped(abstract),
    ]
    for part in text:
        lines += ['.PP', escaped(part)]
    if subcommands:
        lines.append('.SH COMMANDS')
        for item in subcommands:
            lines += ['.TP', f'\\fB{escaped(words)} {escaped(item["commandName"])}\\fR',
                      escaped(' '.join(item.get('abstract', '').split()))]
    if positionals:
        lines.append('.SH ARGUMENTS')
        for item in positionals:
            lines += ['.TP', value(item), explanation(item)]
    if options:
        lines.append('.SH OPTIONS')
        for item in options:
            lines += ['.TP', names(item) + (' ' + value(item) if item['kind'] == 'option' else ''), explanation(item)]
    if status:
        lines.append('.SH EXIT STATUS')
        lines.append('\n.PP\n'.join(escaped(part) for part in status))
    others = [other for other in pages if other != name
              and (len(path) == 1 or other == '-'.join(path[:-1]) or other.startswith(name + '-'))]
    if others:
        lines.append('.SH SEE ALSO')
        lines += [f'.BR {escaped(other)} (1)' + (',' if other != others[-1] else '') for other in others]
    return '\n'.join(line for line in lines if line) + '\n'


def commands(command, path=()):
    path = path + (command['commandName'],)
    yield path, command
    for item in shown(command.get('subcommands')):
        if item['commandName'] != 'help':
            yield from commands(item, path)


def main():
    version, epoch, folder = sys.argv[1:]
    told = json.load(sys.stdin)
    if told.get('serializationVersion') != 0:
        sys.exit('manual-pages.py: ArgumentParser tells of the commands in a form that is not known here')
    date = time.strftime('%Y-%m-%d', time.gmtime(int(epoch)))
    found = list(commands(told['command']))
    pages = ['-'.join(path) for path, _ in found]
    for path, command in found:
        with open(os.path.join(folder, '-'.join(path) + '.1'), 'w', encoding='utf-8') as file:
            file.write(page(command, path, pages, version, date))


main()
