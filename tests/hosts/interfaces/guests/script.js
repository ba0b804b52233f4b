// The same as the Python cases in small, to see that StarlingMonkey components fit as well.
import { open } from 'wasi:keyvalue/store@0.2.0-draft2';
import { Cas, increment, swap } from 'wasi:keyvalue/atomics@0.2.0-draft2';
import { createContainer, deleteContainer, getContainer } from 'wasi:blobstore/blobstore@0.2.0-draft';
import { IncomingValue, OutgoingValue } from 'wasi:blobstore/types@0.2.0-draft';
import { get } from 'wasi:config/store@0.2.0-rc.1';
import { log } from 'wasi:logging/logging@0.1.0-draft';
import { publish, request } from 'wasmcloud:messaging/consumer@0.2.0';

const bytes = (text) => new TextEncoder().encode(text);
const text = (data) => new TextDecoder().decode(data);

function same(found, wanted) {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new Error(`${JSON.stringify(found)} is not ${JSON.stringify(wanted)}`);
  }
}

function fails(call) {
  try {
    call();
  } catch (error) {
    return error.payload;
  }
  throw new Error('no error');
}

const all = {
  keyvalue() {
    const bucket = open('script');
    bucket.set('k', bytes('värde'));
    same(text(bucket.get('k')), 'värde');
    same(bucket.get('missing'), undefined);
    same(increment(bucket, 'n', 40n).toString(), '40');
    same(increment(bucket, 'n', 2n).toString(), '42');
    same(fails(() => increment(bucket, 'k', 1n)).tag, 'other');
    const stale = Cas.new(bucket, 'c');
    swap(Cas.new(bucket, 'c'), bytes('1'));
    same(fails(() => swap(stale, bytes('2'))).tag, 'cas-failed');
    same(bucket.listKeys(undefined).keys, ['k', 'n', 'c']);
  },
  blobstore() {
    const box = createContainer('script');
    const value = OutgoingValue.newOutgoingValue();
    box.writeData('a', value);
    const body = value.outgoingValueWriteBody();
    body.blockingWriteAndFlush(bytes('from script'));
    body[Symbol.dispose]();
    OutgoingValue.finish(value);
    same(text(IncomingValue.incomingValueConsumeSync(box.getData('a', 5n, 100n))), 'script');
    deleteContainer('script');
    if (!fails(() => getContainer('script')).includes('no container')) throw new Error('found');
  },
  messaging() {
    same(text(request('probe.upper', bytes('text'), 10000).body), 'TEXT');
    if (!fails(() => publish({ subject: 'a b', body: bytes('') })).includes('subject')) throw new Error('sent');
  },
  rest() {
    same(get('color'), 'green');
    same(get('missing'), undefined);
    log('warn', 'script', 'said');
    console.error('to stderr');
  },
};

export const cases = {
  run(name) {
    try {
      all[name]();
    } catch (error) {
      throw `${error.stack ?? ''} ${error.message ?? JSON.stringify(error.payload ?? error)}`;
    }
  },
};
