import type { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

type Init = NodeFS['init'];
interface NodeFilesystem {
  node_ops: { setattr(node: unknown, attributes: { mode?: number }): void };
}

/** The files of PGlite, which sets 0666 on each whatever the umask is, here for their own user alone. */
export class PrivateFiles extends NodeFS {
  override async init(pg: PGlite, options: Parameters<Init>[1]): ReturnType<Init> {
    const made = await super.init(pg, options);
    const makePrivate = (module: { FS: unknown }) => {
      const { NODEFS } = (module.FS as { filesystems: { NODEFS: NodeFilesystem } }).filesystems;
      const { setattr } = NODEFS.node_ops;
      NODEFS.node_ops.setattr = (node, attributes) =>
        setattr(node, attributes.mode === undefined ? attributes : { ...attributes, mode: attributes.mode & ~0o077 });
    };
    return { emscriptenOpts: { ...made.emscriptenOpts, preRun: [...(made.emscriptenOpts.preRun ?? []), makePrivate] } };
  }
}
