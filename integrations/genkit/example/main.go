// Example answers questions from notes with a flow of Genkit.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/firebase/genkit/go/ai"
	"github.com/firebase/genkit/go/genkit"

	"github.com/fronyai/frony-db/db"
	"github.com/fronyai/frony-db/embedder/builtin"
	fronydb "github.com/fronyai/frony-db/integrations/genkit"
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
	store, err := fronydb.New(d, &fronydb.Options{Collection: "notes"})
	if err != nil {
		return err
	}
	if _, err := store.Index(ctx, []*ai.Document{
		ai.DocumentFromText("이사한 날부터 14일 안에 전입신고를 해야 한다.", map[string]any{"lang": "ko", "source": "moving.md"}),
		ai.DocumentFromText("부산의 겨울은 따뜻하지만 바닷바람이 세다.", map[string]any{"lang": "ko", "source": "busan.md"}),
		ai.DocumentFromText("Open the rear cover to clear a paper jam.", map[string]any{"lang": "en", "source": "printer.md"}),
	}, nil); err != nil {
		return err
	}

	g := genkit.Init(ctx)
	notes := store.DefineRetriever(g, "notes")
	genkit.DefineModel(g, "example/reader", nil, reader)
	flow := genkit.DefineFlow(g, "answer", func(ctx context.Context, question string) (string, error) {
		found, err := genkit.Retrieve(ctx, g, ai.WithRetriever(notes), ai.WithTextDocs(question),
			ai.WithConfig(&fronydb.RetrieverOptions{K: 1, Filter: `lang = "ko"`}))
		if err != nil {
			return "", err
		}
		return genkit.GenerateText(ctx, g, ai.WithModelName("example/reader"), ai.WithPrompt(question), ai.WithDocs(found.Documents...))
	})
	for _, question := range []string{"전입신고는 언제까지 해야 하나요?", "부산 겨울 날씨는 어떤가요?"} {
		answer, err := flow.Run(ctx, question)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\n  %s\n", question, answer)
	}
	return nil
}

// reader stands in for a language model: it answers with the note that it is given.
func reader(_ context.Context, req *ai.ModelRequest, _ ai.ModelStreamCallback) (*ai.ModelResponse, error) {
	return &ai.ModelResponse{Request: req, Message: ai.NewModelTextMessage(req.Docs[0].Content[0].Text)}, nil
}
