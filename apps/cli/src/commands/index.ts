/** Every command, in the order in which help shows them. */

import type { CommandSpec } from '../command.ts';
import { alarm } from './alarm.ts';
import { ask } from './ask.ts';
import { backup } from './backup.ts';
import { balance } from './balance.ts';
import { chain } from './chain.ts';
import { complete } from './complete.ts';
import { completion } from './completion.ts';
import { config } from './config.ts';
import { contact } from './contact.ts';
import { credential } from './credential.ts';
import { dev } from './dev.ts';
import { directory } from './directory.ts';
import { doctor } from './doctor.ts';
import { edge } from './edge.ts';
import { guardian } from './guardian.ts';
import { history } from './history.ts';
import { id } from './id.ts';
import { inbox } from './inbox.ts';
import { device } from './device.ts';
import { init } from './init.ts';
import { key } from './key.ts';
import { limit } from './limit.ts';
import { load } from './load.ts';
import { login } from './login.ts';
import { meet } from './meet.ts';
import { network } from './network.ts';
import { node } from './node.ts';
import { outbox } from './outbox.ts';
import { pay } from './pay.ts';
import { receipt } from './receipt.ts';
import { recoverCommand } from './recover.ts';
import { registry } from './registry.ts';
import { restore } from './restore.ts';
import { route } from './route.ts';
import { schema } from './schema.ts';
import { shell } from './shell.ts';
import { status } from './status.ts';
import { storage } from './storage.ts';
import { stream } from './stream.ts';
import { sync } from './sync.ts';
import { token } from './token.ts';

export const commands: readonly CommandSpec[] = [
  status,
  init,
  device,
  key,
  id,
  contact,
  directory,
  meet,
  pay,
  stream,
  ask,
  inbox,
  outbox,
  history,
  balance,
  receipt,
  chain,
  alarm,
  token,
  credential,
  login,
  limit,
  load,
  edge,
  route,
  storage,
  sync,
  backup,
  recoverCommand,
  restore,
  guardian,
  config,
  network,
  registry,
  node,
  dev,
  doctor,
  schema,
  completion,
  complete,
  shell,
];
