def stage(name, send):
    try:
        while True:
            send(name + ': ' + (yield))
    finally:
        print(name, 'closes')


last = stage('last', print)
first = stage('first', last.send)
next(last), next(first)
first.send('line')
first.close()
print('closed')
