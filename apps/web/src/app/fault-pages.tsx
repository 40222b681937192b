import { Anchor } from '@mantine/core';
import { type ErrorComponentProps, Link } from '@tanstack/react-router';
import { EmptyState, ErrorNotice } from '../components/notice.tsx';
import { Answer, Page } from '../components/page.tsx';

export function NotFoundPage() {
  return (
    <Page title="Not found">
      <EmptyState
        isPage
        title="There is nothing at this address"
        text="The link may be cut off, or what it named was deleted."
      >
        <Anchor component={Link} to="/runs">
          Go to the runs
        </Anchor>
      </EmptyState>
    </Page>
  );
}

export function WaitingPage() {
  return (
    <main aria-busy="true">
      <Page title="Waiting">
        <Answer answer={undefined} />
      </Page>
    </main>
  );
}

export function UnexpectedErrorPage({ error, reset }: ErrorComponentProps) {
  return (
    <Page title="Error">
      <ErrorNotice error={error} retry={reset} />
    </Page>
  );
}
