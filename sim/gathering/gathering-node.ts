/**
 * The product's whole node as the code under test: its configuration, its members, its engine.
 * @module
 */
import { LanfoldError } from '../../src/core/errors.ts';
import { isMember, type MemberSet } from '../../src/core/members/member-set.ts';
import type { Machine } from '../../src/node/machine.ts';
import { Node } from '../../src/node/node.ts';
import type { SimNode, SimNodeSetup } from '../sim-node.ts';

export function gatheringNode(machine: Machine, { name, host, port, folderId, root }: SimNodeSetup): SimNode {
  let opened: Promise<Node> | undefined;
  let node: Node | undefined;
  const members = (): MemberSet | undefined => node?.configuration.folders.find(({ id }) => id === folderId)?.members;
  return {
    async start() {
      opened = Node.at(machine, { name, listen: `${host}:${port}`, discovery: 'off' });
      node = await opened;
    },
    async close() {
      await (await opened)?.close();
    },
    standing() {
      const handle = node?.folders().find(({ id }) => id === folderId);
      if (node === undefined || handle === undefined || !isMember(members() ?? [], node.id)) return undefined;
      return { state: handle.state, problems: handle.problems() };
    },
    members,
    connected: () => node?.peers().flatMap(({ id, connected }) => (connected ? [id] : [])) ?? [],
    async decide(act) {
      if (node === undefined) throw new LanfoldError('E_CLOSED', { subject: 'the node' }); // it is being opened
      switch (act.is) {
        case 'admit':
        case 'trust':
          const folders = act.is === 'admit' ? [folderId] : [];
          await node.trust(act.device, { addresses: [act.address], folders });
          return;
        case 'share':
          await node.folder(root, { id: folderId, peers: [act.device] });
          return;
        case 'remove':
          await node.forget(act.device);
          return;
        case 'leave':
        default:
          await node.leave(folderId);
      }
    },
  };
}
