// Example answers questions from notes with a graph of Eino.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/cloudwego/eino/components/retriever"
	"github.com/cloudwego/eino/compose"
	"github.com/cloudwego/eino/schema"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/builtin"
	fronydb "github.com/fronyai/frony-db/integrations/eino"
)

func main() {
	if err := run(context.Background(), "data", os.Stdout); err != nil {
		slog.Error("example", "error", err)
		os.Exit(1)
	}
}

// run keeps notes in the directory dir and writes answers to w.
func run(ctx context.Context, dir string, w io.Writer) (err error) {
	d, err := db.Open(dir, &db.Options{Embedder: builtin.New()}) // or client.New("http://127.0.0.1:7700", nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	store, err := fronydb.New(d, &fronydb.Options{Collection: "notes", Query: db.Query{K: 1}})
	if err != nil {
		return err
	}
	if _, err := store.Store(ctx, []*schema.Document{
		{ID: "moving", Content: "이사한 날부터 14일 안에 전입신고를 해야 한다.", MetaData: map[string]any{"lang": "ko"}},
		{ID: "busan", Content: "부산의 겨울은 따뜻하지만 바닷바람이 세다.", MetaData: map[string]any{"lang": "ko"}},
		{ID: "printer", Content: "Open the rear cover to clear a paper jam.", MetaData: map[string]any{"lang": "en"}},
	}); err != nil {
		return err
	}

	graph := compose.NewGraph[string, *schema.Message]()
	prompt := func(_ context.Context, docs []*schema.Document) ([]*schema.Message, error) {
		return []*schema.Message{schema.UserMessage(docs[0].Content)}, nil
	}
	if err := errors.Join(
		graph.AddRetrieverNode("notes", store),
		graph.AddLambdaNode("prompt", compose.InvokableLambda(prompt)),
		graph.AddLambdaNode("model", compose.InvokableLambda(model)), // AddChatModelNode for a real one
		graph.AddEdge(compose.START, "notes"), graph.AddEdge("notes", "prompt"),
		graph.AddEdge("prompt", "model"), graph.AddEdge("model", compose.END),
	); err != nil {
		return err
	}
	runnable, err := graph.Compile(ctx)
	if err != nil {
		return err
	}
	korean := compose.WithRetrieverOption(fronydb.WithFilter(`lang = "ko"`), retriever.WithScoreThreshold(0.1))
	for _, question := range []string{"전입신고는 언제까지 해야 하나요?", "부산 겨울 날씨는 어떤가요?"} {
		answer, err := runnable.Invoke(ctx, question, korean)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\n  %s\n", question, answer.Content)
	}
	return nil
}

// model stands in for a language model: it answers with the note in the prompt.
func model(_ context.Context, prompt []*schema.Message) (*schema.Message, error) {
	return schema.AssistantMessage(prompt[0].Content, nil), nil
}
