"""Whoever connects after the server is closed is refused; whoever it has not accepted by then is reset."""
import asyncio
from recorder import name, record, shown


async def main(say):
    async def serves(reader, writer):
        say('accepted')
        writer.close()

    try:
        await asyncio.open_unix_connection('tower.sock')
    except OSError as error:
        say('early:', name(error))
    server = await asyncio.start_unix_server(serves, 'tower.sock')
    reader, writer = await asyncio.open_unix_connection('tower.sock')
    say('first', shown(await reader.read()))
    writer.close()

    async def client(number):
        try:
            reader, writer = await asyncio.open_unix_connection('tower.sock')
            say('open', number)
            say('got', number, shown(await reader.read()))
        except OSError as error:
            say('late', number, name(error))

    late = [asyncio.create_task(client(number)) for number in range(2)]
    await asyncio.sleep(0)
    server.close()
    say('closed')
    late.append(asyncio.create_task(client(2)))
    await asyncio.gather(server.wait_closed(), *late)
    say('over')

record(main)
