import { expect, it } from 'vitest';
import { ChannelEnded } from '../../../src/agent/wire/channel.ts';
import { payloadRoom } from '../../../src/agent/wire/long-payload.ts';
import { waitingRoom } from '../../../src/agent/wire/waiting-room.ts';
import { MAX_SIGNABLE } from '../../../src/core/git/limits.ts';

it('long payloads wait for their turn, so their memory together is bounded (D29)', async () => {
  const room = payloadRoom();
  const gone = new AbortController();
  const stays = new AbortController().signal;
  const done = Promise.withResolvers<void>();
  const inside: string[] = [];
  const enter = (name: string, left = stays): Promise<void> =>
    room.hold(MAX_SIGNABLE, left, async () => {
      inside.push(name);
      await done.promise;
    });
  const first = [enter('a'), enter('b')];
  const leaving = enter('leaves', gone.signal);
  const last = enter('c');
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(inside).toEqual(['a', 'b']);
  gone.abort(new ChannelEnded('the client has gone'));
  await expect(leaving).rejects.toThrow(ChannelEnded);
  done.resolve();
  await Promise.all([...first, last]);
  expect(inside).toEqual(['a', 'b', 'c']);
});

it('a client that has gone gets no turn, and takes none from those that wait (D23)', async () => {
  const room = waitingRoom(1);
  const gone = AbortSignal.abort(new ChannelEnded('the client has gone'));
  const entered: string[] = [];
  const enter = (name: string, left: AbortSignal) =>
    room.hold(1, left, () => Promise.resolve(entered.push(name)));
  await expect(enter('gone', gone)).rejects.toThrow(ChannelEnded);
  await enter('stays', new AbortController().signal);
  expect(entered).toEqual(['stays']);
});

it('work that fails gives its room back (D23)', async () => {
  const room = waitingRoom(1);
  const { signal } = new AbortController();
  const failing = room.hold(1, signal, () => Promise.reject(new RangeError()));
  await expect(failing).rejects.toThrow(RangeError);
  expect(await room.hold(1, signal, () => Promise.resolve('done'))).toBe('done');
});
