// Says what node-zookeeper-client finds at the servers that its argument names.
'use strict';

const { ACL, createClient, CreateMode, Id, Permission } = require('node-zookeeper-client');

/** Asks a client; the answer, or the name of its error. */
const ask = (client, name, ...words) => new Promise((done) => {
  client[name](...words, (error, ...answer) => done(error ? error.getName() : answer));
});
const say = (what, answer) => console.log(`${what}:`, typeof answer === 'string' ? answer : JSON.stringify(answer));

const opened = () => new Promise((done) => {
  const client = createClient(process.argv[2], { sessionTimeout: 10000 });
  client.once('connected', () => done(client));
  client.connect();
});
const closed = (client) => new Promise((done) => {
  client.once('disconnected', done);
  client.close();
});

const text = ([data, stat]) => [String(data), stat.version];
const sorted = ([names, stat]) => [names.sort(), stat.numChildren];
const entries = ([acl]) => acl.map(({ permission, id }) => `${id.scheme}:${id.id}:${permission}`);

const main = async () => {
  const client = await opened();
  const event = (seen) => say('event', `${seen.getName()} ${seen.getPath()}`);

  say('create', await ask(client, 'create', '/n', Buffer.from('hello')));
  say('create again', await ask(client, 'create', '/n'));
  say('get', text(await ask(client, 'getData', '/n', event)));
  say('set', (await ask(client, 'setData', '/n', Buffer.from('other'), 0))[0].version);
  say('set an old version', await ask(client, 'setData', '/n', Buffer.from('x'), 0));
  say('get', text(await ask(client, 'getData', '/n')));
  say('get what is not there', await ask(client, 'getData', '/none'));

  say('exists', await ask(client, 'exists', '/n/later', event));
  say('ls', sorted(await ask(client, 'getChildren', '/n', event)));
  say('create', await ask(client, 'create', '/n/later'));
  say('exists', (await ask(client, 'exists', '/n/later', event))[0].version);
  say('delete', await ask(client, 'remove', '/n/later', 0));
  say('create in sequence', await ask(client, 'create', '/n/s-', CreateMode.PERSISTENT_SEQUENTIAL));
  say('create in sequence', await ask(client, 'create', '/n/s-', CreateMode.EPHEMERAL_SEQUENTIAL));
  say('create parents', await ask(client, 'mkdirp', '/n/a/b'));
  say('ls', sorted(await ask(client, 'getChildren', '/n')));
  say('delete with children', await ask(client, 'remove', '/n'));

  client.addAuthInfo('digest', Buffer.from('ann:pw'));
  const own = [new ACL(Permission.ALL, new Id('auth', ''))];
  say('set the ACL', (await ask(client, 'setACL', '/n/a', own, -1))[0].aversion);
  say('get the ACL', entries(await ask(client, 'getACL', '/n/a')));
  const other = await opened();
  say('somebody else gets', await ask(other, 'getData', '/n/a'));

  const good = client.transaction().create('/n/t', Buffer.from('1')).setData('/n/t', Buffer.from('2'), 0)
    .check('/n/t', 1).remove('/n/s-0000000001', -1);
  say('transaction', (await ask(good, 'commit'))[0].map(({ type, path }) => path || type));
  say('get', text(await ask(client, 'getData', '/n/t')));
  const bad = client.transaction().create('/n/u').check('/n/t', 7);
  say('transaction that cannot be', await ask(bad, 'commit'));
  say('exists', await ask(client, 'exists', '/n/u'));

  const large = Buffer.alloc(1000000, 'x');
  await ask(client, 'setData', '/n', large, -1);
  say('as large as it was', large.equals((await ask(client, 'getData', '/n'))[0]));

  say('create an ephemeral', await ask(client, 'create', '/n/e', CreateMode.EPHEMERAL));
  const gone = new Promise((done) => other.exists('/n/e', (seen) => done(event(seen)), () => {}));
  await ask(other, 'exists', '/n/e');
  await closed(client);
  await gone;
  say('ls', sorted(await ask(other, 'getChildren', '/n')));
  await closed(other);
};

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
