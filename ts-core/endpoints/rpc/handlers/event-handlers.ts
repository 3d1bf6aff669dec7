import type { Application } from '../../../application/application.js';
import { limitReached } from '../../../domain/limit-reached.js';
import type { TbsError } from '../../../domain/tbs-error.js';
import type { Handlers } from '../handler.js';
import * as contract from '../protocol/event.js';
import type { RpcSession } from '../rpc-session.js';

export function eventHandlers({ events }: Application, maxSubscribersOfUser: number): Handlers<typeof contract> {
  const subscribed = new Set<RpcSession>();
  return {
    eventSubscribe: (session, params) => {
      const recent = events.past(session.caller, params?.recent ?? 0);
      if (params?.follow === false || subscribed.has(session)) return { recent };
      const ofUser = [...subscribed].filter(({ caller }) => caller.userKey === session.caller.userKey);
      if (ofUser.length >= maxSubscribersOfUser) throw tooManySubscribers(maxSubscribersOfUser);
      subscribed.add(session);
      // A slow reader loses events and learns how many, so that the broker never buffers events for it.
      let lost = 0;
      const stop = events.follow(session.caller, (event) => {
        const sent = session.notify(contract.eventRaised.notification, () => (lost === 0 ? event : { ...event, lost }));
        lost = sent ? 0 : lost + 1;
      });
      session.onEnd(() => {
        stop();
        subscribed.delete(session);
      });
      return { recent };
    },
  };
}

function tooManySubscribers(limit: number): TbsError {
  return limitReached('TBS_E_TOO_MANY_RESOURCES', {
    ...{ of: 'connections of one user that follow events', setting: 'limits.eventSubscribers', limit },
    instead: 'End one of them',
  });
}
