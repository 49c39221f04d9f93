def opener(names):
    for name in names:
        print('open', name)
        try:
            yield [name + '1', name + '2']
        finally:
            print('close', name)


lines = (line for file in opener(['a', 'b', 'c']) for line in file)
print('made')
print(next(lines), next(lines), next(lines))
lines.close()
print('closed')
